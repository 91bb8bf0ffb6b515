#include "core.h"
struct page { unsigned long flags; };
struct none_such { int a; };
typedef struct { int counter; } atomic_t;
PROGRAM(ids)(void)
{
	long sum = 0;
	USE(LOCAL_ID(struct page)); USE(KERNEL_ID(struct page)); USE(KERNEL_ID(struct none_such)); USE(KERNEL_ID(atomic_t)); USE(LOCAL_ID(atomic_t)); USE(KERNEL_ID(struct page *)); USE(LOCAL_ID(struct page *));
	return sum;
}
