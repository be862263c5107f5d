"""The emitter SDK: acts become signed, sealed submissions, and receipts come back.

Reading order: ``submission`` (from act values and openings to what travels), ``transport``
(Kafka records and the HTTP container), ``kafka_line`` and ``http_line`` (one way each to send
and to hear), ``client`` (sends until every act has its answer), ``emit_file``.

An emitter keeps an act until it holds its receipt: brokers may forget, answers may be lost, and
sending the same bytes again always gets the same receipt.
"""
