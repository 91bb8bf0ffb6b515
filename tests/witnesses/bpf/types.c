#include "core.h"
struct page { unsigned long flags; };
struct folio { int a; };
struct none_such { int a; };
union thread_union { int a; };
union task_struct { int a; };
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);
typedef struct page *pgtable_t;
struct declared_only;
typedef unsigned int gfp_t;
typedef struct { int counter; } atomic_t;
typedef long none_t;
enum zone_type { ZONE_DMA };
PROGRAM(types)(void)
{
	long sum = 0;
	USE(HAS_TYPE(struct page)); USE(HAS_TYPE(struct folio)); USE(HAS_TYPE(struct none_such)); USE(HAS_TYPE(union thread_union)); USE(HAS_TYPE(union task_struct)); USE(HAS_TYPE(gfp_t));
	USE(HAS_TYPE(atomic_t)); USE(HAS_TYPE(none_t)); USE(HAS_TYPE(enum zone_type)); USE(TYPE_SIZE(struct page)); USE(TYPE_SIZE(struct folio)); USE(TYPE_SIZE(struct none_such));
	USE(TYPE_SIZE(gfp_t)); USE(TYPE_SIZE(atomic_t)); USE(TYPE_SIZE(union thread_union)); USE(HAS_TYPE(struct declared_only)); USE(HAS_TYPE(work_func_t)); USE(HAS_TYPE(pgtable_t));
	return sum;
}
