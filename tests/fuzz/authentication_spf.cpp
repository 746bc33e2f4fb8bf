// authentication_spf: any lines as the records that a domain publishes, one for each question: the check ends, and asks
// little.
#include "gateway/authentication/limits.h"
#include "gateway/authentication/spf.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>

namespace {

using namespace gateway::authentication;
namespace asio = boost::asio;
namespace dns = gateway::dns;

// Answers with the next line of the input, whatever is asked; the first octet says whether it is found.
class Lines : public dns::Resolver {
public:
    explicit Lines(std::string_view text) : text_(text) {}
    int asked = 0;

    asio::awaitable<dns::Lookup<dns::Mx>> mx(std::string) override
    {
        const auto next = answer();
        dns::Lookup<dns::Mx> lookup{next.found, {}, false, ""};
        for (std::size_t i = 0; i < std::min<std::size_t>(next.records.front().size(), 12); ++i)
            lookup.records.push_back({10, next.records.front().substr(i)});
        co_return lookup;
    }
    asio::awaitable<dns::Lookup<std::string>> a(std::string) override { co_return answer(); }
    asio::awaitable<dns::Lookup<std::string>> aaaa(std::string) override { co_return answer(); }
    asio::awaitable<dns::Lookup<std::string>> txt(std::string) override { co_return answer(); }
    asio::awaitable<dns::Lookup<std::string>> ptr(std::string) override { co_return answer(); }

private:
    dns::Lookup<std::string> answer()
    {
        ++asked;
        if (at_ >= text_.size()) at_ = 0;
        const auto end = std::min(text_.find('\n', at_), text_.size());
        const auto line = text_.substr(at_, end - at_);
        at_ = end + 1;
        const auto found = line.starts_with('!')   ? dns::Found::failed
                           : line.starts_with('0') ? dns::Found::no_data
                                                   : dns::Found::records;
        return {found, {std::string(line)}, false, ""};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Lines lines({reinterpret_cast<const char*>(data), size});
    asio::io_context context;
    SpfAnswer answer;
    asio::co_spawn(context, check_spf(lines, {"192.0.2.1", "mx.legacy.test", "carol@legacy.test", "mx.one.test", {}}),
        [&](const std::exception_ptr& error, SpfAnswer got) {
            if (error) std::abort();
            answer = std::move(got);
        });
    context.run();
    // A record each for the first and ten includes, for each of ten terms a name and ten addresses, the client's names
    // once, an explanation.
    if (lines.asked > 11 + limits::spf_terms * 11 + 11 + 1) std::abort();
    for (const char c : answer.explanation)
        if (c < ' ' || c > '~') std::abort();
    return 0;
}
