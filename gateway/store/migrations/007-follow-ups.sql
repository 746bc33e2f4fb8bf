-- What follow-ups need to know of those who get them (mapping.md "After sending").

alter table person add column language text not null default '';  -- "de": guessed from their mail, or set; '' not known yet
alter table person add column muted int not null default 0;       -- follow-ups turned off by one click: bits 1 << egress.kind

-- What was told: once for each row of the queue, so that a day's worth can be counted, and once in a thread where once is enough.
create table told(
  egress_id bigint primary key, person_id int not null, kind smallint not null, message_id bigint not null,
  at timestamptz not null default now());
create index told_person on told(person_id, at);
create index told_once on told(message_id, person_id) where kind = 12;

-- Beyond followup.max_per_day: kept for the one summary of that person.
create table summary_item(
  person_id int, message_id bigint, kind smallint, event bigint not null,
  revision int not null default 0,            -- that the summary on its way shows
  at timestamptz not null default now(), primary key(person_id, message_id, kind));
