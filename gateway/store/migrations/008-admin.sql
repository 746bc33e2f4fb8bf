-- Administration: the admin right, what admins did, addresses of erased people, erasing step by step, imports that were interrupted.

alter table person add column if not exists admin boolean not null default false;
alter table person add column if not exists storage_quota bigint;  -- octets, 0: none; null: the configuration's
alter table person add column if not exists send_quota int;        -- messages in a period, 0: none; null: the configuration's
alter table person add column if not exists own_lists boolean not null default false;  -- may make mailing lists

create table audit(             -- what admins did; what people did to messages is in event
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor int not null default 0,               -- the admin's account; 0: the command line
  login text not null default '',             -- command line: the user of the operating system
  act text not null,                          -- 'account.add', 'alias.remove', 'person.erase', …
  person_id int not null default 0,           -- whom it was done to
  message_id bigint not null default 0,
  detail text not null default '');           -- what else: an alias, a quota. Never a password, never content
create index audit_person on audit(person_id, id);
create index audit_message on audit(message_id, id) where message_id <> 0;

create table closed_address(    -- of erased people, as SHA-256: the address itself is gone. Nobody gets it by accident
  sha256 bytea primary key, person_id int not null, at timestamptz not null default now());

create table erasure(           -- of a person: which step comes next, so that it goes on wherever it was interrupted
  person_id int primary key,
  step smallint not null default 0,           -- store/erase.h
  position bigint not null default 0,         -- within the step
  started timestamptz not null default now(), ended timestamptz);

create table import_checkpoint( -- how far an import of a file or folder came; gone when it is done
  person_id int, source text collate "C",
  position text not null, mails bigint not null default 0, at timestamptz not null default now(),
  primary key(person_id, source));
