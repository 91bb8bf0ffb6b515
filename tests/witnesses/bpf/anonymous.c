#include "core.h"
struct page { union { struct { unsigned long index; void *mapping; }; struct { void *pgmap; void *zone_device_data; }; }; union { int page_type; int _mapcount; }; } CORE;
struct inode { union { const unsigned int i_nlink; unsigned int __i_nlink; }; } CORE;
PROGRAM(anonymous)(struct page *p, struct inode *i) { return p->index + (long)p->mapping + (long)p->pgmap + (long)p->zone_device_data + p->page_type + i->i_nlink; }
