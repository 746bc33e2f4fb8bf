// doctest_main: the entry point of every test program.
//
// Both names: the precompiled header has read doctest's first half, which would derive one from the other.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
