-- An idempotency key is asked for by itself, before its author is known, and a message that is deleted takes its key along.
alter table idempotency drop constraint idempotency_pkey, add primary key (key, actor);
create index on idempotency(message_id);

-- Who has a quota is remembered with the account.
drop trigger person_tells on person;
create trigger person_tells after update of address, class, name, verifier, suspended, inbox, storage_quota, full_store on person
  for each statement execute function tell_accounts();
