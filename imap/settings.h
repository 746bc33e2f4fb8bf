// settings: what may differ between installations of the IMAP server.
#pragma once

#include "imap/limits.h"

#include <string>
#include <vector>

namespace imap {

struct SessionSettings {
    Limits limits;
    std::string name = "email2-gateway";  // in the greeting and in ID
    bool start_tls = true;                // whether the wire can do it
    std::vector<std::string> hidden;      // capabilities not advertised, upper case; the commands still work
};

}  // namespace imap
