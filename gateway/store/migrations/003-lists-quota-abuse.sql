-- Subscribing by mail, storage and send quotas, publishing rates, votes, and the trust of those outside (email2.md rules 9 to 11).

alter table person
  add storage_quota bigint,                     -- octets, 0: none; null: the configuration's
  add send_quota int,                           -- messages in a period, 0: none; null: the configuration's
  add own_lists boolean not null default false, -- may make mailing lists, and write to more people than abuse.to_max
  add full_store boolean not null default false,-- as it was judged last: what goes to a whole list goes by it
  add counted timestamptz;                      -- when `mailbox.charged` was exact; null: not since something went

-- What an account is charged with, as it went: only the sum over a user's mailboxes means anything. Kept by publishing in the update
-- that it makes anyway, so it costs nothing; made exact by counting anew (charges.h).
alter table mailbox add charged bigint not null default 0;

create table publishing(          -- how fast an account publishes
  person_id int primary key,
  stretch bigint not null default 0, messages int not null default 0, streak int not null default 0,  -- email2::Pace
  began timestamptz not null default 'epoch', sent int not null default 0,                            -- email2::Sent
  stopped_until timestamptz                     -- suspended from publishing; 'infinity': until an administrator lifts it
) with (fillfactor = 50);

create table held_back(           -- posts to a list that a full store did not get: it gets them when there is room
  person_id int, message_id bigint, primary key(person_id, message_id));

create table vote(                -- `spam`
  message_id bigint, person_id int,
  at timestamptz not null default now(),
  complained real not null default 0,           -- how much of it counts against the source by now
  primary key(message_id, person_id));
create index vote_at on vote(at);
create table voter(person_id int primary key, agreed int not null default 0, alone int not null default 0);  -- email2::VoterRecord
create table moderated(message_id bigint primary key, at timestamptz not null default now());

create table trust(               -- email2::SourceRecord, as it was at `at`: both numbers fade from then on
  source text collate "C" primary key,          -- "domain:legacy.test", "net:192.0.2.0/24"
  messages float8 not null default 0, complaints float8 not null default 0,
  at timestamptz not null default now()
) with (fillfactor = 70);
create table written_to(domain text collate "C" primary key);  -- domains to which accounts here have written

create table confirmation(person_id int primary key, at timestamptz not null default now());  -- when somebody outside was last asked by mail
