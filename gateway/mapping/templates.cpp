// templates: the files of conf/templates, compiled in. Written by UPDATE=1 test_mapping; not edited by hand.

#include "gateway/mapping/texts.h"

#include <array>

// clang-format off
namespace gateway::mapping {

std::span<const TemplateFile> template_files()
{
    static constexpr std::array files = std::to_array<TemplateFile>({
        {"de", "added", R"text({actor} hat Sie am {when} zu dieser Unterhaltung hinzugefügt.

Was bisher geschrieben wurde, hängt an, das Älteste zuerst:
{list}

Ältere Nachrichten, die nicht anhängen: {older}.

Die neueste Nachricht lautet:
{text}

Eine Antwort an alle geht an alle in der Unterhaltung.
)text"},
        {"de", "answered", R"text({said}
)text"},
        {"de", "edited", R"text({actor} hat diese Nachricht am {when} geändert. Sie lautet jetzt:

{text}

Der Betreff ist jetzt: {subject}

Was sich geändert hat ({legend}):
{changes}

Geänderte Anhänge:
{attachments}

Die {sealing} Nachricht selbst hängt an.
)text"},
        {"de", "footer", R"text(Sie erhalten dies, weil die Nachricht an {recipient} zugestellt wurde.

Diese Unterhaltung verlassen: {leave_url}

Die Liste {mailing_list} verlassen: {leave_list_url}

Oder per Mail an {leave_address}

Keine Mails dieser Art mehr, in keiner Unterhaltung: {mute_url}
)text"},
        {"de", "joined", R"text({actor} hat am {when} hinzugefügt: {people}.

Hinzugefügte können lesen, was bisher geschrieben wurde, und erhalten ab jetzt die Antworten.
)text"},
        {"de", "left-list", R"text(Sie haben die Liste {mailing_list} am {when} verlassen. Sie erhalten nichts mehr, was dort geschrieben wird.

So kommen Sie zurück: {rejoin_url}

Oder senden Sie eine leere Mail an {rejoin_address}
)text"},
        {"de", "left", R"text(Sie haben diese Unterhaltung am {when} verlassen. Sie erhalten nichts mehr daraus.

So kommen Sie zurück und erhalten, was Sie verpasst haben: {rejoin_url}

Oder senden Sie eine leere Mail an {rejoin_address}
)text"},
        {"de", "rejoined-nothing", R"text(Sie sind wieder in dieser Unterhaltung. Inzwischen wurde nichts geschrieben.
)text"},
        {"de", "rejoined", R"text(Sie sind wieder in dieser Unterhaltung. Was inzwischen geschrieben oder geändert wurde, hängt an, das Älteste zuerst:
{list}

Ältere Nachrichten, die nicht anhängen: {older}.

Eine Antwort an alle geht an alle in der Unterhaltung.
)text"},
        {"de", "removed-list", R"text({actor} hat Sie am {when} aus der Liste {mailing_list} entfernt. Sie erhalten nichts mehr, was dort geschrieben wird.
)text"},
        {"de", "removed", R"text({actor} hat Sie am {when} aus dieser Unterhaltung entfernt. Sie erhalten nichts mehr daraus.
)text"},
        {"de", "report-delayed", R"text(Ihre Nachricht ist noch nicht zugestellt an:
{recipients}

Sie müssen nichts tun: Die Zustellung wird weiter versucht, und Sie erfahren, wenn sie endgültig scheitert.
)text"},
        {"de", "report-delivered", R"text(Ihre Nachricht wurde zugestellt an:
{recipients}
)text"},
        {"de", "report-expanded", R"text(Ihre Nachricht wurde an eine Liste zugestellt, die sie weiterleitet:
{recipients}
)text"},
        {"de", "report-failed", R"text(Ihre Nachricht konnte nicht zugestellt werden an:
{recipients}

{advice}

Alle, die dieser Bericht nicht nennt, betrifft das nicht. Für die oben Genannten wird nichts weiter versucht.
)text"},
        {"de", "report-relayed", R"text(Ihre Nachricht wurde an einen Mailserver übergeben, der nichts weiter meldet, für:
{recipients}
)text"},
        {"de", "restored", R"text({actor} hat diese Nachricht am {when} wiederhergestellt; sie gilt wieder. Sie lautet:

{text}

Die ganze Nachricht hängt an.
)text"},
        {"de", "skipped", R"text(Ihre Nachricht ging an alle anderen in dieser Unterhaltung, aber nicht an {people}. Wer hier genannt ist, hat sie verlassen oder wurde daraus entfernt.

Was hier geschrieben wird, kommt dort erst nach einer Rückkehr wieder an. Soll es schon vorher ankommen, schreiben Sie eine eigene Mail.

Sie erfahren dies einmal je Unterhaltung.
)text"},
        {"de", "summary", R"text(In Ihren Unterhaltungen hat sich mehr geändert, als je eine Mail wert wäre. Dies haben Sie noch nicht erfahren:

{list}

Die Nachrichten, wie sie jetzt lauten, hängen an ({attached}).
)text"},
        {"de", "withdrawn", R"text({actor} hat diese Nachricht am {when} zurückgezogen. Bitte betrachten Sie sie als gegenstandslos.

Antworten darauf bleiben bestehen; niemand muss etwas tun.
)text"},
        {"de", "words", R"text(date = {day}. {month} {year}, {time} UTC
month.1 = Januar
month.2 = Februar
month.3 = März
month.4 = April
month.5 = Mai
month.6 = Juni
month.7 = Juli
month.8 = August
month.9 = September
month.10 = Oktober
month.11 = November
month.12 = Dezember
attachment.added = neu: {name} ({size})
attachment.removed = nicht mehr dabei: {name} ({size})
attachment.changed = geändert: {name} ({size}, vorher {before})
attachment.unnamed = ohne Namen
decimal = ,
no.text = (kein Text)
changes.removed = alt
changes.inserted = neu
no.text.encrypted = (verschlüsselt)
sealing.signed = signierte
sealing.encrypted = verschlüsselte
no.subject = (kein Betreff)
subject.none = Ihre Unterhaltung
everybody = Alle in dieser Unterhaltung
list.line = {date}, {from}: {subject}
list.undated = {from}: {subject}
report.subject.failed = Nicht zugestellt: {subject}
report.subject.delayed = Noch nicht zugestellt: {subject}
report.subject.delivered = Zugestellt: {subject}
report.said = {remote} sagte: {text}
report.text = {text}
report.about = Zu Ihrer Nachricht „{subject}“
advice.address = Prüfen Sie die Adresse auf Tippfehler; es gibt sie dort nicht oder nicht mehr.
advice.mailbox = Das Postfach kann sie zurzeit nicht annehmen, vielleicht ist es voll. Erreichen Sie die Person auf anderem Weg oder versuchen Sie es später.
advice.size = Die Nachricht ist dort zu groß. Senden Sie sie kleiner oder ohne Anhänge.
advice.refused = Der Server dort lehnt sie ab. Erreichen Sie die Person auf anderem Weg oder fragen Sie, wer dort die Mail betreut.
advice.network = Der Server dort war die ganze Zeit nicht zu erreichen. Versuchen Sie es später oder prüfen Sie den Teil der Adresse nach dem @.
advice.other = Erreichen Sie die Person auf anderem Weg oder versuchen Sie es später.
and = und
told.edited = {when}: {actor} hat „{subject}“ geändert
told.withdrawn = {when}: {actor} hat „{subject}“ zurückgezogen
told.restored = {when}: {actor} hat „{subject}“ wiederhergestellt
told.removed = {when}: {actor} hat Sie aus „{subject}“ entfernt
summary.subject = Weitere Änderungen in Ihren Unterhaltungen
page.conversation = diese Unterhaltung
page.subject = „{subject}“
page.kind.edited = Änderungen an Nachrichten, die Sie haben
page.kind.added = Unterhaltungen, zu denen Sie jemand hinzufügt
page.kind.withdrawn = zurückgezogene Nachrichten
page.kind.restored = wiederhergestellte Nachrichten
page.kind.removed = Unterhaltungen, aus denen Sie entfernt werden
page.kind.summary = Änderungen, die zu viele sind, um einzeln mitgeteilt zu werden
page.kind.other = Änderungen
page.mute.title = Mails abstellen
page.mute.text = Sie erhalten keine Mails mehr über {kind}, in keiner Unterhaltung. Nachrichten und Antworten erreichen Sie weiterhin.
page.mute.button = Abstellen
page.unmute.title = Mails wieder anstellen
page.unmute.text = Sie erhalten wieder Mails über {kind}.
page.unmute.button = Wieder anstellen
page.muted.title = Abgestellt
page.muted.text = Sie erhalten keine Mails mehr über {kind}.
page.muted.button = Wieder anstellen
page.unmuted.title = Wieder angestellt
page.unmuted.text = Sie erhalten wieder Mails über {kind}.
page.subscribe.title = Eine Liste abonnieren
page.subscribe.text = Sie erhalten, was an {subject} geschrieben wird. Sie können die Liste jederzeit verlassen.
page.subscribe.button = Abonnieren
page.subscribed.title = Sie stehen auf der Liste
page.subscribed.text = Sie erhalten, was an {subject} geschrieben wird. Eine Mail, die sagt, wie Sie die Liste verlassen, ist unterwegs.
page.leave.title = Eine Unterhaltung verlassen
page.leave.text = Sie erhalten keine Mails mehr über {subject}. Sie können jederzeit zurückkommen.
page.leave.button = Verlassen
page.left.title = Sie haben die Unterhaltung verlassen
page.left.text = Sie erhalten keine Mails mehr über {subject}. Eine Mail, die sagt, wie Sie zurückkommen, ist unterwegs.
page.leave-list.title = Eine Liste verlassen
page.leave-list.text = Sie erhalten nichts mehr, was an {subject} geschrieben wird. Sie können jederzeit zurückkommen.
page.leave-list.button = Verlassen
page.left-list.title = Sie haben die Liste verlassen
page.left-list.text = Sie erhalten nichts mehr, was an {subject} geschrieben wird. Eine Mail, die sagt, wie Sie zurückkommen, ist unterwegs.
page.rejoin.title = Zurückkommen
page.rejoin.text = Sie erhalten wieder Mails über {subject}, auch was Sie verpasst haben.
page.rejoin.button = Zurückkommen
page.rejoined.title = Sie sind wieder dabei
page.rejoined.text = Sie erhalten wieder Mails über {subject}. Was Sie verpasst haben, ist zu Ihnen unterwegs.
page.there.title = Sie sind dabei
page.there.text = Sie erhalten Mails über {subject} wie bisher.
confirm.subscribe = Jemand, vielleicht Sie, will diese Adresse in die Liste {list} eintragen. Wenn Sie es waren, antworten Sie mit einer leeren Mail an {address}. Sonst brauchen Sie nichts zu tun.
confirm.subscribe.url = Jemand, vielleicht Sie, will diese Adresse in die Liste {list} eintragen. Wenn Sie es waren, antworten Sie mit einer leeren Mail an {address} oder öffnen Sie {url}. Sonst brauchen Sie nichts zu tun.
confirm.subscribe.subject = Bitte bestätigen: {list} abonnieren
confirm.unsubscribe = Jemand, vielleicht Sie, will diese Adresse aus der Liste {list} austragen. Wenn Sie es waren, antworten Sie mit einer leeren Mail an {address}. Sonst brauchen Sie nichts zu tun.
confirm.unsubscribe.url = Jemand, vielleicht Sie, will diese Adresse aus der Liste {list} austragen. Wenn Sie es waren, antworten Sie mit einer leeren Mail an {address} oder öffnen Sie {url}. Sonst brauchen Sie nichts zu tun.
confirm.unsubscribe.subject = Bitte bestätigen: {list} verlassen
done.subscribed = Sie stehen jetzt auf der Liste {list}. Um sie zu verlassen, schreiben Sie jederzeit an {address}.
done.subscribed.subject = Sie stehen auf der Liste {list}
done.unsubscribed = Sie stehen nicht mehr auf der Liste {list}. Um zurückzukommen, schreiben Sie jederzeit an {address}.
done.unsubscribed.subject = Sie stehen nicht mehr auf der Liste {list}
done.left = Sie haben diese Unterhaltung verlassen; Sie bekommen nichts mehr davon. Um zurückzukommen, mit allem, was inzwischen geschrieben wird, schreiben Sie an {address}.
done.hidden = Sie haben diese Nachricht ausgeblendet; Antworten darauf kommen weiterhin. Um sie zurückzuholen, schreiben Sie an {address}.
done.rejoined = Sie sind wieder in dieser Unterhaltung, mit allem, was inzwischen geschrieben wurde. Um sie zu verlassen, schreiben Sie an {address}.
done.withdrawn = Sie haben diese Nachricht zurückgezogen: niemand sieht sie mehr, und wer sie als Mail hat, erfährt es. Um sie zurückzuholen, schreiben Sie an {address}.
done.undeleted = Sie haben diese Nachricht zurückgeholt, für alle, die sie hatten.
done.edited = Sie haben diese Nachricht geändert: alle in der Unterhaltung sehen jetzt den neuen Text.
done.added = Sie haben {people} in diese Unterhaltung aufgenommen.
done.added.nobody = In An und Kopie stand niemand, der in diese Unterhaltung aufgenommen werden konnte.
)text"},
        {"en", "added", R"text({actor} added you to this conversation on {when}.

What was written so far is attached, the oldest first:
{list}

Older messages that are not attached: {older}.

The newest reads:
{text}

A reply to all goes to everybody in the conversation.
)text"},
        {"en", "answered", R"text({said}
)text"},
        {"en", "edited", R"text({actor} edited this message on {when}. It now reads:

{text}

The subject is now: {subject}

What changed ({legend}):
{changes}

Attachments that changed:
{attachments}

The {sealing} message itself is attached.
)text"},
        {"en", "footer", R"text(You get this because the message was delivered to {recipient}.

Leave this conversation: {leave_url}

Leave the list {mailing_list}: {leave_list_url}

Or by mail to {leave_address}

No more mails of this kind, in any conversation: {mute_url}
)text"},
        {"en", "joined", R"text({actor} added {people} to this conversation on {when}.

Who was added can read what was written so far, and gets the answers from now on.
)text"},
        {"en", "left-list", R"text(You left the list {mailing_list} on {when}. Nothing more that is posted there will be sent to you.

To come back: {rejoin_url}

Or send an empty mail to {rejoin_address}
)text"},
        {"en", "left", R"text(You left this conversation on {when}. Nothing more of it will be sent to you.

To come back, and to get what you missed: {rejoin_url}

Or send an empty mail to {rejoin_address}
)text"},
        {"en", "rejoined-nothing", R"text(You are back in this conversation. Nothing was written meanwhile.
)text"},
        {"en", "rejoined", R"text(You are back in this conversation. What was written or edited meanwhile is attached, the oldest first:
{list}

Older messages that are not attached: {older}.

A reply to all goes to everybody in the conversation.
)text"},
        {"en", "removed-list", R"text({actor} took you off the list {mailing_list} on {when}. Nothing more that is posted there will be sent to you.
)text"},
        {"en", "removed", R"text({actor} took you off this conversation on {when}. Nothing more of it will be sent to you.
)text"},
        {"en", "report-delayed", R"text(Your message has not been delivered yet to:
{recipients}

You need to do nothing: delivery goes on being tried, and you will be told if it fails in the end.
)text"},
        {"en", "report-delivered", R"text(Your message was delivered to:
{recipients}
)text"},
        {"en", "report-expanded", R"text(Your message was delivered to a list, which passes it on:
{recipients}
)text"},
        {"en", "report-failed", R"text(Your message could not be delivered to:
{recipients}

{advice}

Anyone whom this report does not name is not affected. Nothing more will be tried for those above.
)text"},
        {"en", "report-relayed", R"text(Your message was handed to a mail server that gives no further reports, for:
{recipients}
)text"},
        {"en", "restored", R"text({actor} restored this message on {when}; it counts again. It reads:

{text}

The whole message is attached.
)text"},
        {"en", "skipped", R"text(Your message went to everybody else in this conversation, but not to {people}: they left it, or were taken off it.

What is written here does not reach them until they come back. To reach them all the same, write to them alone.

You are told this once in each conversation.
)text"},
        {"en", "summary", R"text(More has changed in your conversations than is worth a mail each. This is what you have not been told yet:

{list}

The messages as they read now are attached ({attached}).
)text"},
        {"en", "withdrawn", R"text({actor} withdrew this message on {when}. Please disregard it.

Answers to it remain; nobody needs to do anything.
)text"},
        {"en", "words", R"text(date = {day} {month} {year}, {time} UTC
month.1 = January
month.2 = February
month.3 = March
month.4 = April
month.5 = May
month.6 = June
month.7 = July
month.8 = August
month.9 = September
month.10 = October
month.11 = November
month.12 = December
attachment.added = new: {name} ({size})
attachment.removed = no longer there: {name} ({size})
attachment.changed = changed: {name} ({size}, before {before})
attachment.unnamed = without a name
decimal = .
no.text = (no text)
changes.removed = old
changes.inserted = new
no.text.encrypted = (encrypted)
sealing.signed = signed
sealing.encrypted = encrypted
no.subject = (no subject)
subject.none = Your conversation
everybody = Everybody in this conversation
list.line = {date}, {from}: {subject}
list.undated = {from}: {subject}
report.subject.failed = Not delivered: {subject}
report.subject.delayed = Not delivered yet: {subject}
report.subject.delivered = Delivered: {subject}
report.said = {remote} said: {text}
report.text = {text}
report.about = About your message "{subject}"
advice.address = Check the address for typing errors; it does not exist there, or not any more.
advice.mailbox = Their mailbox cannot take it now, perhaps because it is full. Reach them in another way, or try again later.
advice.size = The message is too large for them. Send it smaller, or without its attachments.
advice.refused = Their server refuses it. Reach them in another way, or ask who looks after their mail.
advice.network = Their server could not be reached in all that time. Try again later, or check the part of the address after the @.
advice.other = Reach them in another way, or try again later.
and = and
told.edited = {when}: {actor} edited "{subject}"
told.withdrawn = {when}: {actor} withdrew "{subject}"
told.restored = {when}: {actor} restored "{subject}"
told.removed = {when}: {actor} took you off "{subject}"
summary.subject = More changes in your conversations
page.conversation = this conversation
page.subject = “{subject}”
page.kind.edited = edits of messages that you have
page.kind.added = conversations that somebody adds you to
page.kind.withdrawn = messages that were withdrawn
page.kind.restored = messages that were restored
page.kind.removed = conversations that you are taken off
page.kind.summary = changes that are too many to be told one by one
page.kind.other = changes
page.mute.title = Turn off mails
page.mute.text = You will get no more mails about {kind}, in any conversation. Messages and answers still reach you.
page.mute.button = Turn off
page.unmute.title = Turn on mails
page.unmute.text = You will get mails about {kind} again.
page.unmute.button = Turn on
page.muted.title = Turned off
page.muted.text = You get no more mails about {kind}.
page.muted.button = Turn on again
page.unmuted.title = Turned on
page.unmuted.text = You get mails about {kind} again.
page.subscribe.title = Subscribe to a list
page.subscribe.text = You will get what is posted to {subject}. You can leave at any time.
page.subscribe.button = Subscribe
page.subscribed.title = You are on the list
page.subscribed.text = You get what is posted to {subject}. A mail that says how to leave is on its way.
page.leave.title = Leave a conversation
page.leave.text = You will get no more mail about {subject}. You can come back at any time.
page.leave.button = Leave
page.left.title = You have left
page.left.text = You get no more mail about {subject}. A mail that says how to come back is on its way.
page.leave-list.title = Leave a list
page.leave-list.text = You will get nothing more that is posted to {subject}. You can come back at any time.
page.leave-list.button = Leave
page.left-list.title = You have left the list
page.left-list.text = You get nothing more that is posted to {subject}. A mail that says how to come back is on its way.
page.rejoin.title = Come back
page.rejoin.text = You will get mail about {subject} again, and what you missed.
page.rejoin.button = Come back
page.rejoined.title = You are back
page.rejoined.text = What you missed of {subject} is on its way to you.
page.there.title = You are there
page.there.text = You get mail about {subject} as before.
confirm.subscribe = Somebody, perhaps you, asked to subscribe this address to the list {list}. If it was you, answer by an empty mail to {address}. If not, do nothing.
confirm.subscribe.url = Somebody, perhaps you, asked to subscribe this address to the list {list}. If it was you, answer by an empty mail to {address} or open {url}. If not, do nothing.
confirm.subscribe.subject = Please confirm: subscribe to {list}
confirm.unsubscribe = Somebody, perhaps you, asked to unsubscribe this address from the list {list}. If it was you, answer by an empty mail to {address}. If not, do nothing.
confirm.unsubscribe.url = Somebody, perhaps you, asked to unsubscribe this address from the list {list}. If it was you, answer by an empty mail to {address} or open {url}. If not, do nothing.
confirm.unsubscribe.subject = Please confirm: leave {list}
done.subscribed = You are on the list {list} now. To leave it, write to {address} at any time.
done.subscribed.subject = You are on the list {list}
done.unsubscribed = You are off the list {list}. To come back, write to {address} at any time.
done.unsubscribed.subject = You are off the list {list}
done.left = You left this conversation; nothing more of it comes to you. To come back, with what is written meanwhile, write to {address}.
done.hidden = You hid this message; answers to it still come to you. To have it back, write to {address}.
done.rejoined = You are back in this conversation, with what was written meanwhile. To leave it, write to {address}.
done.withdrawn = You withdrew this message: nobody sees it any more, and who has it as a mail is told. To bring it back, write to {address}.
done.undeleted = You brought this message back, for everybody who had it.
done.edited = You edited this message: everybody in the conversation sees the new text now.
done.added = You added {people} to this conversation.
done.added.nobody = Nobody was named in To or Cc who could be added to this conversation.
)text"},
    });
    return files;
}

}  // namespace gateway::mapping
