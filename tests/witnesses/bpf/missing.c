#include "core.h"
struct none_such { int a; struct { int b; } in; } CORE;
struct page { int none; struct { int deep; } lru; } CORE;
union none_union { int c; } CORE;
PROGRAM(missing)(struct none_such *n, struct page *p, union none_union *u)
{
	long sum = n->a + n->in.b + p->none + p->lru.deep + u->c;
	USE(HAS(n->a)); USE(HAS(p->none)); USE(HAS(p->lru.deep)); USE(HAS(p->lru)); USE(HAS(u->c)); USE(SIZE_AT(n->in)); USE(IS_SIGNED(p->none));
	return sum;
}
