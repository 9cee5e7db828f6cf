/*
 * For `make static` with musl alone.  Debian's libbearssl.a was compiled
 * against glibc with _FORTIFY_SOURCE and calls these instead of the plain
 * functions; musl has none of them.  They do what glibc's do: stop the program
 * when more would be written than the destination holds.
 */
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *, const void *, size_t, size_t);
void *__memmove_chk(void *, const void *, size_t, size_t);
void *__memset_chk(void *, int, size_t, size_t);

void *
__memcpy_chk(void *dst, const void *src, size_t n, size_t room)
{
	if (n > room)
		abort();
	return memcpy(dst, src, n);
}

void *
__memmove_chk(void *dst, const void *src, size_t n, size_t room)
{
	if (n > room)
		abort();
	return memmove(dst, src, n);
}

void *
__memset_chk(void *dst, int byte, size_t n, size_t room)
{
	if (n > room)
		abort();
	return memset(dst, byte, n);
}
