#include "CRelease.h"

const char *certfleet_release(void) { return CERTFLEET_RELEASE; }
