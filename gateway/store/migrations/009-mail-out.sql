-- What comes back of mail that left: how much of it people are told, which addresses are dead, who may answer whom through us.

create table reported(          -- reports that accounts were given, so that there is an end to them in a day
  person_id int not null, thread_id bigint not null, at timestamptz not null default now());
create index reported_person on reported(person_id, at);

-- Messages in a row that came back since nobody has that address; one a message.
alter table person add column bounces smallint not null default 0, add column bounced_at timestamptz;

create table relayed(           -- an author outside whose mail was sent on to a reader outside, who may so answer them
  author_id int, reader_id int,
  at timestamptz not null default now(),      -- of the newest mail, to the day
  day date not null default current_date, answers smallint not null default 0,  -- of the reader, on that day
  primary key(author_id, reader_id));
