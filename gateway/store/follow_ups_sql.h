// follow_ups_sql: what statements that queue mail for many people have in common. Private to the store.
#pragma once

#include "gateway/store/effective.h"

// Every mail has an envelope sender of its own; answers and confirmations have the null sender.
// What comes back of a mail is about the message, of a follow-up about nothing that its author waits for.
#define NEW_TOKENS TOKENS_OF("0")
#define NEW_TOKENS_OF_FOLLOW_UPS TOKENS_OF("4")
#define TOKENS_OF(action)                                                                                                         \
    "tokens as (insert into token(token, person_id, message_id, action, expires) "                                                \
    "select translate(replace(gen_random_uuid()::text, '-', ''), '0123456789abcdef', 'abcdefghijklmnop'), person_id, $1, " action \
    ", now() + interval '60 days' "                                                                                               \
    "from people returning token, person_id) "
#define QUEUE_FROM_TOKENS                                                                                                                     \
    "insert into egress(message_id, person_id, kind, event, due, sender) select $1, t.person_id, $2, $3, now() + make_interval(secs => $4), " \
    "'b-' || t.token || '@' || d.name from tokens t join message m on m.id = $1 join domain d on d.id = m.home returning 1"

// Only who is still on the list of message m hears of it: delivery d.
#define ON_LIST "exists (select from message m where m.id = d.message_id and " EFFECTIVE("m", "d.person_id") " = 0) "

// It left us for them; what the next hop told later (that it is delayed) changes nothing about that.
#define HAS_IT "d.state in (1, 2, 3) and d.revision > 0 "

// Only what an account here wrote is told about: nobody outside can make us mail third parties.
#define AUTHOR_IS_HERE                                                                                                 \
    "and exists (select from message w join person a on a.id = w.originator where w.id = d.message_id and a.class = 0) "

// Mail e of the queue, about message m, does not go to person p: theirs came back `often` times within so many `hours`.
// What they chose themselves to get is tried all the same.
#define DEAD(e, m, p, often, hours)                                                                                    \
    "((" e ".kind in (1, 5, 6, 9, 10) or " e ".kind = 0 and " m ".list_id <> " m ".id) and " p ".bounces >= " often    \
    " and " p ".bounced_at > now() - make_interval(hours => " hours ")) "
