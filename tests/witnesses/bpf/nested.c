#include "core.h"
struct list_head { struct list_head *next, *prev; } CORE;
struct page { unsigned long flags; struct list_head lru; } CORE;
struct task_struct { int pid; struct list_head tasks; struct { unsigned long fs; } thread; } CORE;
PROGRAM(nested)(struct page *p, struct task_struct *t) { return (long)p->lru.next + (long)p->lru.prev + (long)t->tasks.prev + t->pid; }
