// transaction: which SMTP commands may follow which, RFC 5321 4.1.4, RFC 3030 2, RFC 3207 4, RFC
// 4954 4.
#include "smtp/transaction.h"

namespace smtp {
namespace {

enum class Rule { yes, greet, no_mail, no_rcpt, nested, late, chunking };

constexpr Rule yes = Rule::yes;            // may come
constexpr Rule greet = Rule::greet;        // EHLO first
constexpr Rule no_mail = Rule::no_mail;    // MAIL first
constexpr Rule no_rcpt = Rule::no_rcpt;    // no valid recipient
constexpr Rule nested = Rule::nested;      // a transaction is open already
constexpr Rule late = Rule::late;          // recipients come before the mail
constexpr Rule chunking = Rule::chunking;  // BDAT was begun, so BDAT ends it

// clang-format off
constexpr Rule table[verb_count][stage_count] = {
    //              connected  greeted   mail      recipients  chunks
    /* helo */     { yes,      yes,      yes,      yes,        yes },
    /* ehlo */     { yes,      yes,      yes,      yes,        yes },
    /* mail */     { greet,    yes,      nested,   nested,     nested },
    /* rcpt */     { greet,    no_mail,  yes,      yes,        late },
    /* data */     { greet,    no_mail,  no_rcpt,  yes,        chunking },
    /* bdat */     { greet,    no_mail,  no_rcpt,  yes,        yes },
    /* rset */     { yes,      yes,      yes,      yes,        yes },
    /* noop */     { yes,      yes,      yes,      yes,        yes },
    /* vrfy */     { yes,      yes,      yes,      yes,        yes },
    /* expn */     { yes,      yes,      yes,      yes,        yes },
    /* help */     { yes,      yes,      yes,      yes,        yes },
    /* quit */     { yes,      yes,      yes,      yes,        yes },
    /* starttls */ { greet,    yes,      nested,   nested,     nested },
    /* auth */     { greet,    yes,      nested,   nested,     nested },
};

// clang-format on

std::optional<Reply> objection_of(Rule rule)
{
    switch (rule) {
    case Rule::yes: break;
    case Rule::greet: return Reply{503, "5.5.1", "Say EHLO first"};
    case Rule::no_mail: return Reply{503, "5.5.1", "Need MAIL first"};
    case Rule::no_rcpt: return Reply{554, "5.5.1", "No valid recipients"};
    case Rule::nested: return Reply{503, "5.5.1", "A transaction is open"};
    case Rule::late: return Reply{503, "5.5.1", "The mail has begun"};
    case Rule::chunking: return Reply{503, "5.5.1", "BDAT goes on with BDAT"};
    }
    return std::nullopt;
}

std::optional<Reply> starttls_objection(const Standing& standing)
{
    if (standing.encrypted) return Reply{503, "5.5.1", "TLS is active"};
    if (!standing.starttls) return Reply{502, "5.5.1", "STARTTLS is not offered"};
    return std::nullopt;
}

std::optional<Reply> auth_objection(const Standing& standing)
{
    if (standing.authenticated) return Reply{503, "5.5.1", "You are authenticated"};
    if (standing.auth) return std::nullopt;
    if (!standing.encrypted && standing.starttls) return Reply{530, "5.7.0", "Must issue a STARTTLS command first"};
    return Reply{502, "5.5.1", "AUTH is not offered"};
}

bool needs_authentication(Verb verb)
{
    return verb == Verb::mail || verb == Verb::rcpt || verb == Verb::data || verb == Verb::bdat;
}

}  // namespace

Verb verb_of(const Command& command)
{
    static_assert(std::variant_size_v<Command> == verb_count);
    return static_cast<Verb>(command.index());
}

std::optional<Reply> objection(const Standing& standing, Verb verb)
{
    const auto stage = static_cast<std::size_t>(standing.stage);
    if (auto reply = objection_of(table[static_cast<std::size_t>(verb)][stage])) {
        // Who has to authenticate hears that first, but not before EHLO: its answer says how.
        const bool first = standing.must_authenticate && !standing.authenticated && needs_authentication(verb);
        if (!first || standing.stage == Stage::connected) return reply;
    }
    if (verb == Verb::starttls) return starttls_objection(standing);
    if (verb == Verb::auth) return auth_objection(standing);
    if (standing.must_authenticate && !standing.authenticated && needs_authentication(verb))
        return Reply{530, "5.7.0", "Authentication required"};
    return std::nullopt;
}

Stage stage_after(Stage stage, Verb verb)
{
    switch (verb) {
    case Verb::helo:
    case Verb::ehlo:
    case Verb::data: return Stage::greeted;
    case Verb::mail: return Stage::mail;
    case Verb::rcpt: return Stage::recipients;
    case Verb::bdat: return Stage::chunks;
    case Verb::rset: return stage == Stage::connected ? Stage::connected : Stage::greeted;
    case Verb::starttls: return Stage::connected;
    default: return stage;
    }
}

}  // namespace smtp
