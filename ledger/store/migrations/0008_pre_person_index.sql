-- Whose number is whose: the engine asks it of the parties of a day (ledger/store/person_index.py).
CREATE INDEX blind_index_subject ON vault.blind_index (log, stream_id, subject_id);
