// corpus: files of other people's mail, where they are: E2_CORPUS, or beside the sources.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace mime_test {

namespace fs = std::filesystem;

inline std::string read(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::optional<fs::path> corpus()
{
    const char* set = std::getenv("E2_CORPUS");
    const fs::path path = set ? fs::path(set) : fs::path(SOURCE_FOLDER) / ".." / "shared" / "corpus";
    if (fs::is_directory(path)) return path;
    static const bool said = std::puts("mime: no corpus (E2_CORPUS), only the samples are read") >= 0;
    (void)said;
    return std::nullopt;
}

}  // namespace mime_test
