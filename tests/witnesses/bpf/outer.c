#include "core.h"
struct page { unsigned long flags; unsigned long private; } CORE;
struct list_head { struct list_head *next, *prev; } CORE;
PROGRAM(outer)(struct page *p, struct list_head *l) { return p[2].private + p[1].flags + (long)l[3].prev; }
