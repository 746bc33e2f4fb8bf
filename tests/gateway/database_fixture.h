// database_fixture: a real PostgreSQL for the tests, one server per test program, in a folder that
// goes with it.
#pragma once

#include <string>

// The connection string (libpq's keyword form) of this program's one database, empty at the
// program's start. The server is started at the first call, which takes about a second, and stopped
// at the program's end.
std::string test_database_url();
// A new, empty database of its own at each call (about 50 ms), for tests that must not see each
// other's rows.
std::string fresh_database_url();
