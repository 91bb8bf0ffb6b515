#include "core.h"
/* Names of which kernels have several structs that differ. */
struct map_info { void *next; int none; unsigned long base; unsigned long v_start; } CORE;
struct pci_root { int bus; void *res; } CORE;
struct iter_state { int pos; void *m; int count; } CORE;
struct state { int x; int flags; void *next; int num; } CORE;
struct queue { void *queue; int head; } CORE;
PROGRAM(ambiguous)(struct map_info *m, struct pci_root *p, struct iter_state *i, struct state *s, struct queue *q)
{
	long sum = 0;
	USE(TYPE_SIZE(struct map_info)); USE(TYPE_SIZE(struct pci_root)); USE(TYPE_SIZE(struct iter_state)); USE(KERNEL_ID(struct state)); USE(HAS(m->next));
	USE(SIZE_AT(m->v_start)); USE(AT(s->flags)); USE(AT(q->head)); USE(AT(i->pos));
	return sum;
}
