#include "core.h"
struct list_head { long next; struct list_head *prev; } CORE;
struct page { void *flags; struct { long a; } private; float index; long lru; unsigned long mapping; } CORE;
struct task_struct { int comm; int mm[2]; enum { A, B } prio; union { int x; } thread; long pid[3]; } CORE;
union thread { int x; } CORE;
union inode { int i_mode; } CORE;
PROGRAM(kinds)(struct list_head *l, struct page *p, struct task_struct *t, union inode *u)
{
	long sum = l->next + (long)l->prev + (long)p->flags + p->private.a + p->lru + p->mapping + t->comm + t->mm[1] + t->prio + t->thread.x + t->pid[1] + u->i_mode;
	USE(HAS(p->index)); USE(HAS(t->mm));
	return sum;
}
