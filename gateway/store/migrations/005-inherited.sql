-- Which parents' lists a message inherits: so that its holders can be found anew when one of them gets a list of its own
-- (detach), or gives it up. A parent that was not here at publishing is linked when it arrives, and its list is not inherited:
-- whoever could forge a Message-ID would decide else who reads the answer.
alter table parent add column inherited boolean not null default false;
update parent p set inherited = true from message m where m.id = p.message_id and m.list_id <> m.id and p.mid is null;
