// answers: a map that is emptied rather than kept in order.
#include "gateway/answers.h"

#include "gateway/store/commits.h"

namespace gateway {

namespace {

constexpr std::size_t budget = 8U << 20U;     // octets of documents
constexpr std::size_t longest = 256U << 10U;  // of one of them
// While the connection that brings the news is broken and made again, nothing is believed for longer.
constexpr std::chrono::seconds believed{1};

}  // namespace

Answers::Stamp Answers::stamp() const
{
    return {store::commits_here(), news_, std::chrono::steady_clock::now()};
}

bool Answers::holds(const Stamp& stamp) const
{
    return stamp.news == news_ && stamp.commits == store::commits_here() &&
           std::chrono::steady_clock::now() - stamp.at < believed;
}

std::optional<http::Shown> Answers::find(const std::string& question) const
{
    const auto found = places_.find(question);
    if (found == places_.end() || !holds(found->second.stamp)) return std::nullopt;
    return found->second.shown;
}

void Answers::remember(const std::string& question, const http::Shown& shown, const Stamp& stamp)
{
    if (!holds(stamp) || shown.xml->size() > longest) return;
    if (octets_ > budget) {
        places_.clear();
        octets_ = 0;
    }
    octets_ += shown.xml->size() + question.size();
    places_.insert_or_assign(question, Place{shown, stamp});
}

void Answers::changed()
{
    ++news_;
    places_.clear();
    octets_ = 0;
}

}  // namespace gateway
