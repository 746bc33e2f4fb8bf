// lists: who gets a mail as a member of what list. mapping.md "Mail in": "Who receives it?", "Own
// list or inherited?".

#include "gateway/mapping/mail_in.h"

namespace gateway::mapping {
namespace {

std::set<std::string> without(const std::set<std::string>& addresses, const std::set<std::string>& not_counted)
{
    std::set<std::string> rest;
    std::set_difference(
        addresses.begin(), addresses.end(), not_counted.begin(), not_counted.end(), std::inserter(rest, rest.end()));
    return rest;
}

bool answers_all(const std::set<std::string>& people, const std::string& originator, const ParentFacts& parent)
{
    // Who is blind, has left or was removed answers with a list of their own: the inherited one
    // would not hold them.
    if (parent.not_counted.contains(originator)) return false;
    const auto counted = without(people, parent.not_counted);
    return std::any_of(parent.shown.begin(), parent.shown.end(),
        [&](const auto& shown) { return without(shown, parent.not_counted) == counted; });
}

}  // namespace

bool inherits(const ListQuestion& question)
{
    if (question.to_message_address) return true;
    auto people = question.envelope;
    people.insert(question.header.begin(), question.header.end());
    people.insert(question.originator);
    return std::any_of(question.parents.begin(), question.parents.end(),
        [&](const auto& parent) { return answers_all(people, question.originator, parent); });
}

std::vector<Addressee> addressees(const MailFacts& facts, const std::string& originator,
    const std::vector<std::string>& envelope,
    const std::function<std::optional<std::string>(const mime::Address&)>& normalise)
{
    const std::set<std::string> in_envelope(envelope.begin(), envelope.end());
    std::vector<Addressee> result;
    std::set<std::string> seen;
    const auto add = [&](const std::string& address, const std::string& name, email2::Role role) {
        const auto sent = in_envelope.contains(address);
        if ((address == originator && !sent) || !seen.insert(address).second) return;
        result.push_back({address, name, role, sent});
    };
    const auto add_shown = [&](const std::vector<mime::Address>& addresses, email2::Role role) {
        for (const auto& each : addresses)
            if (const auto address = normalise(each)) add(*address, each.display_name, role);
    };
    add_shown(facts.to, email2::Role::to);
    add_shown(facts.cc, email2::Role::cc);
    for (const auto& address : envelope) add(address, {}, email2::Role::blind);
    return result;
}

}  // namespace gateway::mapping
