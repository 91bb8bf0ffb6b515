#include "core.h"
struct page___old { unsigned long compound_head; } CORE;
struct page___new { unsigned long compound_info; } CORE;
struct page { void *pgmap; unsigned long flags; } CORE;
struct folio { void *pgmap; unsigned long flags; } CORE;
PROGRAM(either)(void *p)
{
	struct page___new *now = p;
	struct page___old *old = p;
	if (HAS(now->compound_info))
		return now->compound_info & 1;
	return old->compound_head & 1;
}
PROGRAM(same)(struct page *p, struct folio *f)
{
	if (HAS(p->pgmap))
		return (long)p->pgmap;
	if (HAS(f->pgmap))
		return (long)f->pgmap;
	return 0;
}
