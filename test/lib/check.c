#include "test/lib/check.h"

unsigned long check_passed, check_failed;

int
check_report(const char *name)
{
	printf("%s: %lu passed, %lu failed\n", name, check_passed,
	    check_failed);
	return check_failed > 0 || check_passed == 0;
}
