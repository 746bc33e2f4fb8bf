// main: email2-gateway's entry point. The commands are in cli/, the services in serve.cpp.
#include "gateway/cli/cli.h"
#include "gateway/serve.h"

#include <iostream>

int main(int argc, char** argv)
{
    gateway::cli::Parts parts;
    parts.serve = gateway::serve;
    parts.admin = gateway::open_admin;
    return gateway::cli::run({argv + 1, argv + argc}, parts, {std::cin, std::cout, std::cerr});
}
