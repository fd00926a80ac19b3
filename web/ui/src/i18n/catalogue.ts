// The words of both languages, put together from their files: one for the recordings, one for all the rest.
import enBase from './en.json'
import enRecordings from './en.recordings.json'
import viBase from './vi.json'
import viRecordings from './vi.recordings.json'

export const en = { ...enBase, ...enRecordings }
export const vi = { ...viBase, ...viRecordings }
