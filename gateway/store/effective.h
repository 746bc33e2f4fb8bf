// effective: how a person stands on a message's effective list, as an expression of SQL. email2.md "Terms", rules 2
// to 4.
//
// The one place where the database decides it; in C++ it is email2::effective() over facts.h. Both say the same.
#pragma once

// Membership where the list of message m is held: the best of all holders, 0 in, 1 left, 2 removed; null: never on it.
// Who is blind counts only at the message that holds the entry: it is not inherited. `m`: an alias of `message`; `p`: a
// person's id.
#define HELD(m, p)                                                                                                     \
    "least((select hx.membership from entry hx where hx.list_id = " m ".list_id and hx.person_id = " p                 \
    " and (hx.role <> 2 or " m ".list_id = " m ".id)), "                                                               \
    "case when " m                                                                                                     \
    ".more_lists > 0 then (select min(hy.membership) from message_list hl join entry hy on hy.list_id = hl.list_id "   \
    "and hy.person_id = " p " and (hy.role <> 2 or hl.list_id = " m ".id) where hl.message_id = " m ".id) end)"

// The same with what is noted at the message itself: hidden (1), excluded (2).
#define EFFECTIVE(m, p)                                                                                                \
    "(select case when es.held is not null then greatest(es.held, es.here) end from (select " HELD(                    \
        m, p) " held, "                                                                                                \
              "case when " m ".list_id <> " m ".id then (select eo.membership from entry eo where eo.list_id = " m     \
              ".id and eo.person_id = " p ") end here) es)"

// Who is only named in the header of message m has it by other means, and no right to read it here: beside EFFECTIVE
// where somebody asks for what they hold no reference to.
#define ELSEWHERE(m, p)                                                                                                \
    "exists (select from delivery de where de.message_id = " m ".id and de.person_id = " p " and de.state = 6)"
