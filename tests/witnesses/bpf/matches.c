/* since: 15 */
#include "core.h"
struct list_head { struct list_head *next, *prev; };
struct page { int none; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct callback_head { struct callback_head *next; void (*func)(struct callback_head *head); };
struct callback_head___less { struct callback_head *next; };
struct callback_head___wrong { struct callback_head *next; void (*func)(struct list_head *head); };
struct callback_head___more { struct callback_head *next; void (*func)(struct callback_head *head); int extra; };
typedef struct { int counter; } atomic_t;
typedef struct { long long counter; } atomic64_t;
enum zone_type { ZONE_NORMAL, ZONE_MOVABLE };
enum zone_type___bad { ZONE_NORMAL_ = 1, ZONE_NONE };
struct rb_node { unsigned long __rb_parent_color; struct rb_node *rb_right; struct rb_node *rb_left; };
typedef unsigned int gfp_t;
typedef unsigned long long u64;
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct qspinlock { union { atomic_t val; struct { unsigned char locked; unsigned char pending; }; }; };
PROGRAM(matches)(void)
{
	long sum = 0;
	USE(MATCHES(struct list_head)); USE(MATCHES(struct page)); USE(MATCHES(struct hlist_node)); USE(MATCHES(struct callback_head)); USE(MATCHES(struct callback_head___less));
	USE(MATCHES(struct callback_head___wrong)); USE(MATCHES(struct callback_head___more)); USE(MATCHES(atomic_t)); USE(MATCHES(atomic64_t)); USE(MATCHES(enum zone_type)); USE(MATCHES(enum zone_type___bad));
	USE(MATCHES(struct rb_node)); USE(MATCHES(struct path)); USE(MATCHES(struct qspinlock)); USE(MATCHES(gfp_t)); USE(MATCHES(u64));
	return sum;
}
