/* since: 15 */
#include "core.h"
enum bpf_adj_room_flags_local { LOCAL_A = 1ULL << 40 };
enum { UNNAMED = 3 };
enum none___wide { NONE_WIDE = 0x8000000000000000ULL };
enum zone_type { ZONE_DMA, ZONE_NORMAL = 0x100000000ULL };
enum bpf_map_type___neg { BPF_MAP_TYPE_HASH = -5, BPF_MAP_TYPE_ARRAY };
PROGRAM(wide)(void)
{
	long sum = 0;
	USE(VALUE(enum zone_type, ZONE_NORMAL)); USE(HAS_VALUE(enum none___wide, NONE_WIDE)); USE(VALUE(enum bpf_map_type___neg, BPF_MAP_TYPE_HASH)); USE(VALUE(enum bpf_map_type___neg, BPF_MAP_TYPE_ARRAY));
	USE(HAS_VALUE(enum bpf_adj_room_flags_local, LOCAL_A)); USE(HAS_TYPE(enum zone_type)); USE(TYPE_SIZE(enum zone_type));
	return sum;
}
