#include "core.h"
struct mm_struct { int **pgd; unsigned long task_size; } CORE;
struct task_struct { struct mm_struct *mm; struct task_struct *real_parent; struct task_struct **none; int pid; const char *const comm_ptr; } CORE;
struct hlist_node { struct hlist_node *next, **pprev; } CORE;
PROGRAM(pointers)(struct task_struct *t, struct hlist_node *h) { return t->real_parent->real_parent->pid + (long)t->mm->pgd + t->mm->task_size + (long)*h->pprev; }
