#include "core.h"
struct page { void *pgmap; unsigned long compound_head; unsigned long flags; } CORE;
struct folio { unsigned long flags; } CORE;
PROGRAM(bare)(struct page *p) { return (long)p->pgmap; }
PROGRAM(after)(struct page *p) { long sum = HAS(p->compound_head); return sum + p->compound_head; }
PROGRAM(wrong)(struct page *p) { if (HAS(p->flags)) return (long)p->pgmap + p->compound_head; return 0; }
