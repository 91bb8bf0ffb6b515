#include "core.h"
struct page { unsigned int flags; unsigned short private; signed char index; } CORE;
struct task_struct { long long pid; unsigned long long flags; unsigned char prio; short exit_state; long exit_code; } CORE;
struct inode { unsigned char i_mode; unsigned long i_uid; unsigned int i_ino; } CORE;
PROGRAM(sizes)(struct page *p, struct task_struct *t, struct inode *i)
{
	return p->flags + p->private + p->index + t->pid + t->flags + t->prio + t->exit_state + t->exit_code + i->i_mode + i->i_ino;
}
