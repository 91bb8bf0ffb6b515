#include "core.h"
struct task_struct { unsigned in_execve : 1; unsigned in_iowait : 1; unsigned sched_contributes_to_load : 1; int exit_state; } CORE;
struct sk_buff { unsigned char pkt_type : 3; unsigned char ip_summed : 2; unsigned char cloned : 1; } CORE;
struct slab { unsigned inuse : 16; unsigned objects : 15; unsigned frozen : 1; } CORE;
#define BITS(f) USE(AT(f)); USE(SIZE_AT(f)); USE(IS_SIGNED(f)); USE(LEFT(f)); USE(RIGHT(f))
PROGRAM(bitfield)(struct task_struct *t, struct sk_buff *s, struct slab *b)
{
	long sum = 0;
	BITS(t->in_execve); BITS(t->in_iowait); BITS(t->sched_contributes_to_load); BITS(s->pkt_type); BITS(s->ip_summed); BITS(s->cloned);
	BITS(b->inuse); BITS(b->objects); BITS(b->frozen); BITS(t->exit_state);
	return sum;
}
