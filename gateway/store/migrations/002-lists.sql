-- Mailing lists (email2.md rule 9): a list root is a message with an alias; posts are its children and inherit its list.

create table list_root(
  message_id bigint primary key,
  alias text collate "C" not null unique,     -- the whole address, normalised: "announce@one.test"; never an account or an alias of one
  name text not null default '',              -- what List-Id and renditions call it
  posting smallint not null default 0);       -- who may post: 0 members, 1 anyone, 2 owners

create table list_owner(                      -- owners rule the list where it is held (email2::Standing::list_owner)
  message_id bigint, person_id int,
  primary key(message_id, person_id));
create index list_owner_person on list_owner(person_id);
