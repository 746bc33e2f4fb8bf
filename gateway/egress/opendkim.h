// opendkim: the header of libopendkim, which is C and says _Bool.
#pragma once

#include <sys/types.h>

#define _Bool bool  // NOLINT: the name is C's
#include <opendkim/dkim.h>
#undef _Bool
