#include "core.h"
enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE, ZONE_NONE_SUCH };
enum memory_type { MEMORY_DEVICE_PRIVATE = 1, MEMORY_DEVICE_COHERENT, MEMORY_DEVICE_FS_DAX, MEMORY_DEVICE_GENERIC };
enum pageflags { PG_locked, PG_head = 6, PG_error = 20, PG_reclaim = 30 };
enum none_such { NONE_A = 4 };
typedef enum zone_type zone_t;
PROGRAM(enumerator)(void)
{
	long sum = 0;
	USE(VALUE(enum zone_type, ZONE_DMA)); USE(VALUE(enum zone_type, ZONE_NORMAL)); USE(VALUE(enum zone_type, ZONE_DEVICE)); USE(HAS_VALUE(enum zone_type, ZONE_NONE_SUCH));
	USE(VALUE(enum zone_type, ZONE_NONE_SUCH)); USE(VALUE(enum memory_type, MEMORY_DEVICE_GENERIC)); USE(VALUE(enum pageflags, PG_head)); USE(HAS_VALUE(enum pageflags, PG_error));
	USE(VALUE(enum pageflags, PG_error)); USE(HAS_VALUE(enum none_such, NONE_A)); USE(VALUE(enum none_such, NONE_A)); USE(HAS_VALUE(zone_t, ZONE_DMA));
	return sum;
}
