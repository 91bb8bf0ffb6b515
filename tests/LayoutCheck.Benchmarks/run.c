/*
 * Runs a program, discards its output, and prints its cost: wall time in ns, user and system time in us, peak resident
 * memory in KiB, wait status. In C, because a child inherits the peak of the process that starts it.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	struct rusage used;
	pid_t child;
	int status;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	long long start = now();
	if (argc < 2 || posix_spawnp(&child, argv[1], &quiet, NULL, argv + 1, environ) != 0)
		return 2;
	if (wait4(child, &status, 0, &used) != child)
		return 2;
	printf("%lld %lld %lld %ld %d\n", now() - start, used.ru_utime.tv_sec * 1000000LL + used.ru_utime.tv_usec,
	       used.ru_stime.tv_sec * 1000000LL + used.ru_stime.tv_usec, used.ru_maxrss, status);
	return 0;
}
