-- What becomes of messages that nobody sees any more (email2.md rule 7), and what looks after the whole.

-- message.state has one more: 0 present, 1 withdrawn, 2 archived, 3 gone (fossilised, in cold storage or deleted).
-- since: withdrawn, archived or fossilised since then, with its content still here; cold storage goes by it. Else null.
alter table message add column since timestamptz;
update message set since = now() where state = 1;
-- What nobody is on the list of by now, as gateway/store/fates.h counts.
update message m set state = 2, since = now() where m.kind = 0 and m.state = 0
 and not exists (select from list_root r where r.message_id = m.id or r.message_id = m.list_id)
 and not exists (select from entry e join person p on p.id = e.person_id and p.class <> 2 where e.membership = 0
  and (e.list_id = m.list_id or e.list_id in (select x.list_id from message_list x where x.message_id = m.id)));
create index message_since on message(since) where since is not null;

create table cold(              -- what lies in cold storage; the message's row, list and parents stay as its stub
  message_id bigint primary key,
  file text not null,                         -- below the archive's directory
  sha256 bytea not null, size bigint not null,-- of the file
  at timestamptz not null default now(),
  chain text[] not null);                     -- References of an answer to it, its own id left out
create index cold_at on cold(at);
create table archive(id uuid primary key);    -- at most one row: the directory with this id in its file ID has the files

create table event_floor(seq bigint not null);-- events up to this one are pruned
insert into event_floor values (0);

create table maintenance(       -- each job of looking after the store
  job text collate "C" primary key,
  ended timestamptz,                          -- when it last came to its end
  position text not null default '');         -- where it goes on; '' at its beginning

create index body_blob on body(blob) where blob is not null;
create index rendition_private on rendition(id) where owner <> 0;
create index rendition_large on rendition(id) where size >= 1048576; -- limits.h: fossil_octets is no less
create index cold_file on cold(file);
create index message_gone on message(id) where state = 3;
create index message_private on message(id) where kind <> 0;
