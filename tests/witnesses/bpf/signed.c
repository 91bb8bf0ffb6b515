#include "core.h"
enum zone_type { ZONE_DMA };
struct task_struct { int pid; unsigned int flags; int prio; unsigned long start_time; char comm[16]; void *mm; } CORE;
struct page { struct { int counter; } _refcount; } CORE;
struct user_struct { int a; } CORE;
PROGRAM(signs)(struct task_struct *t, struct page *p)
{
	long sum = 0;
	USE(IS_SIGNED(t->pid)); USE(IS_SIGNED(t->flags)); USE(IS_SIGNED(t->prio)); USE(IS_SIGNED(t->start_time));
	USE(IS_SIGNED(p->_refcount.counter)); USE(RIGHT(t->pid)); USE(LEFT(t->pid)); USE(SIZE_AT(t->mm)); USE(SIZE_AT(t->comm));
	return sum;
}
