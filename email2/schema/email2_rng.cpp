// email2_rng: email2.rng as text inside the program. Made by email2/schema/embed: edit email2.rng instead.
#include "email2/schema.h"

std::string_view email2::schema_text()
{
    // clang-format off
    return R"rng(<?xml version="1.0" encoding="UTF-8"?>
<!-- email2: every document that crosses a boundary. Normative; email2.rnc is the same in the compact form. -->
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="urn:email2:1"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">

  <start>
    <choice>
      <ref name="message"/>
      <ref name="to"/>
      <ref name="change"/>
      <ref name="history"/>
      <ref name="references"/>
      <ref name="reference"/>
      <ref name="filing"/>
      <ref name="folders"/>
      <ref name="folder"/>
      <ref name="events"/>
      <ref name="told-event"/>
      <ref name="preview"/>
      <ref name="tokens"/>
      <ref name="token"/>
      <ref name="error"/>
      <ref name="administration"/>
    </choice>
  </start>

  <!-- A message. What only its home can know is absent in one that asks to be published. -->
  <define name="message">
    <element name="message">
      <optional>
        <attribute name="id"><ref name="name"/></attribute>
        <attribute name="revision"><ref name="number"/></attribute>
        <attribute name="thread"><ref name="name"/></attribute>
      </optional>
      <optional><attribute name="draft"><data type="boolean"/></attribute></optional>
      <optional>
        <attribute name="state"><choice><value>withdrawn</value><value>archived</value></choice></attribute>
      </optional>
      <!-- A mailing list: its address makes the message a list root. -->
      <optional>
        <attribute name="alias"/>
        <optional>
          <attribute name="posting">
            <choice><value>members</value><value>anyone</value><value>owners</value></choice>
          </attribute>
        </optional>
      </optional>
      <interleave>
        <group>
          <zeroOrMore><ref name="parent"/></zeroOrMore>
          <optional><element name="from"><ref name="person"/><ref name="proof"/></element></optional>
          <optional><element name="created"><data type="dateTime"/></element></optional>
          <optional>
            <element name="edited"><attribute name="by"/><data type="dateTime"/></element>
          </optional>
          <optional><ref name="to"/></optional>
          <optional><ref name="content"/></optional>
          <optional><ref name="origin"/></optional>
        </group>
        <zeroOrMore><ref name="foreign"/></zeroOrMore>
      </interleave>
    </element>
  </define>

  <!-- "guid@server", or "mid:" and a Message-ID of one that is not here (yet). -->
  <define name="parent">
    <element name="parent">
      <attribute name="ref">
        <choice>
          <ref name="name"/>
          <data type="string"><param name="pattern">mid:.+</param></data>
        </choice>
      </attribute>
    </element>
  </define>

  <define name="person">
    <attribute name="address"/>
    <optional><ref name="class"/></optional>
    <optional><attribute name="name"/></optional>
  </define>

  <define name="class">
    <attribute name="class">
      <choice><value>native</value><value>remote</value><value>smtp</value></choice>
    </attribute>
  </define>

  <define name="proof">
    <optional>
      <attribute name="proof">
        <choice><value>account</value><value>remote</value><value>spf</value><value>dkim</value></choice>
      </attribute>
    </optional>
  </define>

  <!-- A To list: own, or inherited and as it is now. -->
  <define name="to">
    <element name="to">
      <optional><attribute name="inherit"><data type="boolean"/></attribute></optional>
      <zeroOrMore><ref name="entry"/></zeroOrMore>
    </element>
  </define>

  <define name="entry">
    <element name="entry">
      <ref name="person"/>
      <optional><ref name="role"/></optional>
      <optional>
        <attribute name="membership">
          <choice><value>in</value><value>left</value><value>removed</value></choice>
        </attribute>
      </optional>
      <optional><ref name="delivery"/></optional>
    </element>
  </define>

  <define name="role">
    <attribute name="role"><choice><value>to</value><value>cc</value><value>blind</value></choice></attribute>
  </define>

  <define name="delivery">
    <element name="delivery">
      <attribute name="state">
        <choice>
          <value>pending</value><value>delivered</value><value>read</value><value>deferred</value>
          <value>failed</value><value>withheld</value><value>elsewhere</value>
        </choice>
      </attribute>
      <attribute name="at"><data type="dateTime"/></attribute>
      <optional>
        <element name="failure">
          <optional><attribute name="transport"/></optional>
          <optional><attribute name="status"/></optional>
          <optional><attribute name="remote"/></optional>
          <text/>
        </element>
      </optional>
    </element>
  </define>

  <!-- What a revision fixes. -->
  <define name="content">
    <optional><element name="subject"><text/></element></optional>
    <element name="body"><ref name="part"/></element>
  </define>

  <!-- Text stands inline; all else is named by its SHA-256. What holds parts itself (a message, TNEF) is both named and shown. -->
  <define name="part">
    <element name="part">
      <attribute name="type"/>
      <optional><attribute name="name"/></optional>
      <optional><attribute name="disposition"/></optional>
      <optional><attribute name="content-id"/></optional>
      <optional>
        <attribute name="size"><ref name="number"/></attribute>
        <attribute name="sha256"><ref name="sha256"/></attribute>
      </optional>
      <choice>
        <text/>
        <oneOrMore><ref name="part"/></oneOrMore>
      </choice>
    </element>
  </define>

  <!-- Where the content came in as mail: its exact bytes, and what was wrong with them ("unknown-charset"). -->
  <define name="origin">
    <element name="origin">
      <optional><attribute name="message-id"/></optional>
      <attribute name="sha256"><ref name="sha256"/></attribute>
      <attribute name="size"><ref name="number"/></attribute>
      <optional><attribute name="defects"><data type="NMTOKENS"/></attribute></optional>
      <optional>
        <element name="auth">
          <optional><attribute name="spf"/></optional>
          <optional><attribute name="dkim"/></optional>
          <optional><attribute name="dmarc"/></optional>
          <optional><attribute name="domain"/></optional>
        </element>
      </optional>
    </element>
  </define>

  <!-- A change of a To list. -->
  <define name="change">
    <element name="change">
      <zeroOrMore>
        <choice>
          <element name="add">
            <attribute name="address"/>
            <optional><attribute name="name"/></optional>
            <optional><ref name="role"/></optional>
          </element>
          <element name="remove"><attribute name="address"/></element>
          <element name="detach"><empty/></element>
          <element name="inherit"><empty/></element>
        </choice>
      </zeroOrMore>
    </element>
  </define>

  <define name="history">
    <element name="history">
      <attribute name="id"><ref name="name"/></attribute>
      <optional><attribute name="more"><data type="boolean"/></attribute></optional>
      <zeroOrMore>
        <element name="revision">
          <attribute name="number"><ref name="number"/></attribute>
          <attribute name="at"><data type="dateTime"/></attribute>
          <attribute name="by"/>
          <optional><attribute name="redacted"><data type="boolean"/></attribute></optional>
          <optional><ref name="content"/></optional>
        </element>
      </zeroOrMore>
    </element>
  </define>

  <!-- A page of somebody's store. -->
  <define name="references">
    <element name="references">
      <optional><attribute name="more"><data type="boolean"/></attribute></optional>
      <zeroOrMore><ref name="reference"/></zeroOrMore>
    </element>
  </define>

  <define name="reference">
    <element name="reference">
      <attribute name="message"><ref name="name"/></attribute>
      <attribute name="thread"><ref name="name"/></attribute>
      <attribute name="revision"><ref name="number"/></attribute>
      <attribute name="folder"/>
      <attribute name="created"><data type="dateTime"/></attribute>
      <attribute name="size"><ref name="number"/></attribute>
      <attribute name="position"><ref name="number"/></attribute>
      <zeroOrMore><element name="flag"><attribute name="name"/></element></zeroOrMore>
      <element name="from"><ref name="person"/></element>
      <element name="subject"><text/></element>
      <optional><element name="preview"><text/></element></optional>
    </element>
  </define>

  <!-- What is to change of a reference. -->
  <define name="filing">
    <element name="reference">
      <optional><attribute name="folder"/></optional>
      <optional><attribute name="whole-thread"><data type="boolean"/></attribute></optional>
      <zeroOrMore>
        <element name="flag">
          <choice><attribute name="add"/><attribute name="remove"/></choice>
        </element>
      </zeroOrMore>
    </element>
  </define>

  <define name="folders">
    <element name="folders">
      <optional><attribute name="more"><data type="boolean"/></attribute></optional>
      <zeroOrMore><ref name="folder"/></zeroOrMore>
    </element>
  </define>

  <define name="folder">
    <element name="folder">
      <attribute name="name"/>
      <optional><attribute name="use"/></optional>
      <optional>
        <attribute name="messages"><ref name="number"/></attribute>
        <attribute name="unseen"><ref name="number"/></attribute>
      </optional>
    </element>
  </define>

  <!-- What a change would do, before it is made. -->
  <define name="preview">
    <element name="preview">
      <attribute name="mailboxes"><ref name="number"/></attribute>
      <attribute name="notices"><ref name="number"/></attribute>
      <attribute name="mails"><ref name="number"/></attribute>
      <attribute name="summaries"><ref name="number"/></attribute>
      <attribute name="unsent"><ref name="number"/></attribute>
      <element name="summary"><text/></element>
      <zeroOrMore>
        <element name="follow-up">
          <attribute name="kind">
            <choice><value>edited</value><value>to-changed</value><value>withdrawn</value></choice>
          </attribute>
          <attribute name="recipients"><ref name="number"/></attribute>
          <attribute name="language"/>
          <element name="subject"><text/></element>
          <element name="text"><text/></element>
          <optional><element name="html"><text/></element></optional>
        </element>
      </zeroOrMore>
    </element>
  </define>

  <define name="events">
    <element name="events">
      <attribute name="last"><ref name="number"/></attribute>
      <zeroOrMore><ref name="event"/></zeroOrMore>
    </element>
  </define>

  <define name="event">
    <element name="event"><ref name="event-attributes"/></element>
  </define>

  <!-- As one gateway tells another by mail: of an edit the new content as well. -->
  <define name="told-event">
    <element name="event">
      <ref name="event-attributes"/>
      <optional><ref name="content"/></optional>
    </element>
  </define>

  <define name="event-attributes">
    <attribute name="sequence"><ref name="number"/></attribute>
    <attribute name="message"><ref name="name"/></attribute>
    <attribute name="revision"><ref name="number"/></attribute>
    <attribute name="kind">
      <choice>
        <value>published</value><value>edited</value><value>redacted</value><value>to-changed</value>
        <value>left</value><value>rejoined</value><value>withdrawn</value><value>undeleted</value>
        <value>delivered</value><value>failed</value><value>moderated</value><value>filed</value>
        <value>flagged</value>
      </choice>
    </attribute>
    <optional><attribute name="actor"/></optional>
    <attribute name="at"><data type="dateTime"/></attribute>
  </define>

  <define name="tokens">
    <element name="tokens"><zeroOrMore><ref name="token"/></zeroOrMore></element>
  </define>

  <!-- Lets a program act for an account. The secret is there once, in the answer that makes it; who asks gives a name alone. -->
  <define name="token">
    <element name="token">
      <attribute name="name"/>
      <optional>
        <attribute name="id"><ref name="number"/></attribute>
        <attribute name="created"><data type="dateTime"/></attribute>
        <optional><attribute name="secret"/></optional>
      </optional>
    </element>
  </define>

  <define name="error">
    <element name="error">
      <attribute name="code">
        <choice>
          <value>not-found</value><value>forbidden</value><value>conflict</value><value>over-quota</value>
          <value>rate-limited</value><value>too-large</value><value>invalid</value><value>gone</value>
          <value>unavailable</value>
        </choice>
      </attribute>
      <optional><attribute name="path"/></optional>
      <!-- Of `gone` events: those up to this number are no longer kept; continue after it. -->
      <optional><attribute name="floor"><ref name="number"/></attribute></optional>
      <text/>
    </element>
  </define>

  <!-- Administration: rows of attributes, and lists of them. In a request stands what is to be so; in an answer all that is known. -->
  <define name="administration">
    <choice>
      <ref name="accounts"/>
      <ref name="account"/>
      <ref name="aliases"/>
      <ref name="alias"/>
      <ref name="lists"/>
      <ref name="list"/>
      <ref name="owners"/>
      <ref name="owner"/>
      <ref name="domains"/>
      <ref name="domain"/>
      <ref name="queue"/>
      <ref name="queued"/>
      <ref name="audit"/>
      <ref name="line"/>
      <ref name="erasure"/>
    </choice>
  </define>

  <define name="accounts"><element name="accounts"><zeroOrMore><ref name="account"/></zeroOrMore></element></define>
  <define name="account">
    <element name="account">
      <optional><attribute name="address"/></optional>
      <optional><attribute name="name"/></optional>
      <optional><attribute name="state"><choice><value>active</value><value>suspended</value></choice></attribute></optional>
      <optional><attribute name="admin"><data type="boolean"/></attribute></optional>
      <optional><attribute name="lists"><data type="boolean"/></attribute></optional>
      <optional><attribute name="quota"><ref name="quota"/></attribute></optional>
      <optional><attribute name="send-quota"><ref name="quota"/></attribute></optional>
      <optional><attribute name="password"/></optional>
      <optional><attribute name="created"><data type="dateTime"/></attribute></optional>
      <optional><attribute name="octets"><ref name="number"/></attribute></optional>
      <empty/>
    </element>
  </define>

  <define name="quota"><choice><value>default</value><value>none</value><ref name="number"/></choice></define>

  <define name="aliases"><element name="aliases"><zeroOrMore><ref name="alias"/></zeroOrMore></element></define>
  <define name="alias">
    <element name="alias">
      <attribute name="alias"/>
      <attribute name="target"/>
      <empty/>
    </element>
  </define>

  <define name="lists"><element name="lists"><zeroOrMore><ref name="list"/></zeroOrMore></element></define>
  <define name="list">
    <element name="list">
      <optional><attribute name="alias"/></optional>
      <optional><attribute name="name"/></optional>
      <optional><attribute name="owner"/></optional>
      <optional><attribute name="posting"><choice><value>members</value><value>anyone</value><value>owners</value></choice></attribute></optional>
      <optional><attribute name="members"><ref name="number"/></attribute></optional>
      <optional><attribute name="message"><ref name="name"/></attribute></optional>
      <empty/>
    </element>
  </define>

  <define name="owners"><element name="owners"><zeroOrMore><ref name="owner"/></zeroOrMore></element></define>
  <define name="owner">
    <element name="owner">
      <attribute name="address"/>
      <empty/>
    </element>
  </define>

  <define name="domains"><element name="domains"><zeroOrMore><ref name="domain"/></zeroOrMore></element></define>
  <define name="domain">
    <element name="domain">
      <optional><attribute name="domain"/></optional>
      <optional><attribute name="messages"><data type="decimal"/></attribute></optional>
      <optional><attribute name="complaints"><data type="decimal"/></attribute></optional>
      <optional><attribute name="trusted"><data type="boolean"/></attribute></optional>
      <empty/>
    </element>
  </define>

  <define name="queue"><element name="queue"><zeroOrMore><ref name="queued"/></zeroOrMore></element></define>
  <define name="queued">
    <element name="queued">
      <attribute name="id"><ref name="number"/></attribute>
      <attribute name="state"><choice><value>pending</value><value>deferred</value></choice></attribute>
      <attribute name="attempts"><ref name="number"/></attribute>
      <attribute name="next"><data type="dateTime"/></attribute>
      <attribute name="recipient"/>
      <attribute name="message"><ref name="name"/></attribute>
      <optional><attribute name="last"/></optional>
      <empty/>
    </element>
  </define>

  <define name="audit"><element name="audit"><zeroOrMore><ref name="line"/></zeroOrMore></element></define>
  <define name="line">
    <element name="line">
      <optional><attribute name="id"/></optional>
      <attribute name="at"><data type="dateTime"/></attribute>
      <optional><attribute name="actor"/></optional>
      <attribute name="act"/>
      <optional><attribute name="account"/></optional>
      <optional><attribute name="message"><ref name="name"/></attribute></optional>
      <optional><attribute name="revision"><ref name="number"/></attribute></optional>
      <optional><attribute name="detail"/></optional>
      <empty/>
    </element>
  </define>

  <define name="erasure">
    <element name="erasure">
      <attribute name="state"><choice><value>running</value><value>done</value></choice></attribute>
      <attribute name="step"/>
      <attribute name="started"><data type="dateTime"/></attribute>
      <optional><attribute name="ended"><data type="dateTime"/></attribute></optional>
      <empty/>
    </element>
  </define>

  <!-- Elements of other namespaces are kept and passed on. -->
  <define name="foreign">
    <element>
      <anyName>
        <except><nsName/><nsName ns=""/></except>
      </anyName>
      <ref name="anything"/>
    </element>
  </define>

  <define name="anything">
    <zeroOrMore>
      <choice>
        <attribute><anyName/></attribute>
        <text/>
        <element><anyName/><ref name="anything"/></element>
      </choice>
    </zeroOrMore>
  </define>

  <define name="name">
    <data type="string">
      <param name="pattern">[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}@\S+</param>
    </data>
  </define>

  <define name="number"><data type="nonNegativeInteger"/></define>

  <define name="sha256">
    <data type="string"><param name="pattern">[0-9a-f]{64}</param></data>
  </define>
</grammar>
)rng";
    // clang-format on
}
