#include "core.h"
struct page { unsigned long flags; unsigned long compound_head; unsigned long private; } CORE;
struct folio { unsigned long flags; void *mapping; } CORE;
PROGRAM(field)(struct page *p, struct folio *f) { return p->flags + p->private + (p->compound_head & 1) + (long)f->mapping; }
