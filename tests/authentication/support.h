// support: running a coroutine to its end, and the corpus of vectors by third parties.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace authentication_test {

template <class Value>
Value run(boost::asio::awaitable<Value> work)
{
    boost::asio::io_context context;
    std::optional<Value> result;
    boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& error, Value value) {
        if (error) std::rethrow_exception(error);
        result = std::move(value);
    });
    context.run();
    return std::move(*result);
}

// A folder of the corpus, or nullopt, which is said once for each.
inline std::optional<std::filesystem::path> corpus(const char* folder)
{
    const char* set = std::getenv("E2_CORPUS");
    const auto top =
        set ? std::filesystem::path(set) : std::filesystem::path(SOURCE_FOLDER) / ".." / "shared" / "corpus";
    if (std::filesystem::is_directory(top / folder)) return top / folder;
    std::printf("authentication: no corpus (E2_CORPUS), only our own samples are read instead of %s\n", folder);
    return std::nullopt;
}

inline std::string read_file(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string crlf(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\n' && !out.ends_with('\r')) out += '\r';
        out += c;
    }
    return out;
}

}  // namespace authentication_test
