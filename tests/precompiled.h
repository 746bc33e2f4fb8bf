// precompiled: what nearly every test includes, compiled once.
#pragma once

#include "cmake/precompiled.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
