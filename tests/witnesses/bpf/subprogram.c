#include "core.h"
struct page { void *pgmap; unsigned long flags; unsigned long compound_head; } CORE;
static __attribute__((noinline)) long part(struct page *p) { return p->compound_head + p->flags; }
__attribute__((noinline)) long global_part(struct page *p) { return p->flags; }
PROGRAM(calls)(struct page *p) { long sum = global_part(p); if (HAS(p->compound_head)) sum += part(p); return sum; }
