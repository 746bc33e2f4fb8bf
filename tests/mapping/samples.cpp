// samples: see samples.h.

#include "samples.h"

#include "gateway/mapping/sha256.h"
#include "gateway/mapping/thread_index.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace samples {
namespace {

std::map<std::string, std::string>& blobs()
{
    static std::map<std::string, std::string> all;
    return all;
}

}  // namespace

email2::Time at(int minutes_later)
{
    using namespace std::chrono;
    return sys_days{year{2026} / 11 / 23} + 6h + 48min + std::chrono::minutes{minutes_later};
}

email2::Part text_part(std::string text)
{
    return {.type = "text/plain", .text = std::move(text)};
}

email2::Part html_part(std::string html)
{
    return {.type = "text/html", .text = std::move(html)};
}

email2::Part blob_part(std::string type, std::string name, std::string octets)
{
    const auto sha256 = gateway::mapping::sha256_hex(octets);
    email2::Part part{.type = std::move(type),
        .name = std::move(name),
        .disposition = "attachment",
        .size = octets.size(),
        .sha256 = sha256};
    blobs()[sha256] = std::move(octets);
    return part;
}

email2::Part multipart(std::string subtype, std::vector<email2::Part> parts)
{
    return {.type = "multipart/" + std::move(subtype), .parts = std::move(parts)};
}

std::string blob(const std::string& sha256)
{
    return blobs().at(sha256);
}

gateway::mapping::Rendering rendering(email2::Content content)
{
    gateway::mapping::Rendering rendering{
        .id = minutes, .message_id = minutes.str(), .from = alice, .date = at(0), .content = std::move(content)};
    rendering.list = {{.person = alice}, {.person = bob}, {.person = carol, .role = email2::Role::cc}};
    return rendering;
}

// What began the thread.
const email2::Name first{"0192ee00-0000-7000-8000-000000000001", "one.test"};

gateway::mapping::FollowUpContext context(email2::Content content)
{
    gateway::mapping::FollowUpContext context;
    context.message = {.id = minutes,
        .revision = 2,
        .thread = minutes,
        .from = alice,
        .created = at(0),
        .content = std::move(content)};
    context.message_id = minutes.str();
    context.references = {"first@legacy.test", "second@one.test"};
    context.thread_index = gateway::mapping::thread_index(first);
    context.event = 17;
    context.actor = "Alice Ångström <alice@one.test>";
    context.recipient = carol;
    context.leave_url = "https://one.test/a/abcdefghijklmnopqrstuvwxyz234567";
    context.leave_address = "a-abcdefghijklmnopqrstuvwxyz234567@one.test";
    context.rejoin_url = "https://one.test/a/234567abcdefghijklmnopqrstuvwxyz";
    context.rejoin_address = "a-234567abcdefghijklmnopqrstuvwxyz@one.test";
    context.now = at(16);
    return context;
}

std::string read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string corpus()
{
    const auto* given = std::getenv("E2_CORPUS");
    for (const std::string candidate :
        {given == nullptr ? "" : given, SOURCE_FOLDER "/../shared/corpus", SOURCE_FOLDER "/../../shared/corpus"})
        if (!candidate.empty() && std::filesystem::is_directory(candidate)) return candidate;
    return {};
}

std::vector<std::string> files_below(const std::string& folder, const std::string& extension)
{
    std::vector<std::string> paths;
    if (!std::filesystem::is_directory(folder)) return paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && (extension.empty() || entry.path().extension() == extension))
            paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

bool updating()
{
    return std::getenv("UPDATE") != nullptr;
}

void check_golden(const std::string& name, const std::string& bytes)
{
    const auto path = std::string(TEST_FOLDER "/golden/") + name;
    if (updating()) std::ofstream(path, std::ios::binary) << bytes;
    CHECK_MESSAGE(read_file(path) == bytes, name << " differs; look at it, then write it anew with UPDATE=1");
}

std::string python_defects(const std::vector<std::string>& paths)
{
    std::string command = "python3 " TEST_FOLDER "/defects.py";
    for (const auto& path : paths) command += " '" + path + "'";
    auto* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string said;
    std::array<char, 4096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe)) said.append(buffer.data(), got);
    const auto status = pclose(pipe);
    return status == 0 && said.empty() ? "" : "exit " + std::to_string(status) + ": " + said;
}

}  // namespace samples
