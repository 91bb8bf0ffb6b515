/* What a program needs to ask a kernel for a place: compilers' builtins by names of our own. */
#define CORE __attribute__((preserve_access_index))
#define PROGRAM(name) __attribute__((section("kprobe/" #name), used)) long name
#define AT(field) ({ unsigned long place_; place_ = __builtin_preserve_field_info(field, 0); place_; })
#define SIZE_AT(field) __builtin_preserve_field_info(field, 1)
#define HAS(field) __builtin_preserve_field_info(field, 2)
#define IS_SIGNED(field) __builtin_preserve_field_info(field, 3)
#define LEFT(field) __builtin_preserve_field_info(field, 4)
#define RIGHT(field) __builtin_preserve_field_info(field, 5)
#define LOCAL_ID(type) __builtin_btf_type_id(*(typeof(type) *)0, 0)
#define KERNEL_ID(type) __builtin_btf_type_id(*(typeof(type) *)0, 1)
#define HAS_TYPE(type) __builtin_preserve_type_info(*(typeof(type) *)0, 0)
#define TYPE_SIZE(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)
#define MATCHES(type) __builtin_preserve_type_info(*(typeof(type) *)0, 2)
#define HAS_VALUE(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 0)
#define VALUE(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 1)
#define USE(number) sum += (long)(number)
typedef unsigned long ulong_t;
typedef unsigned int uint_t;
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
