// The words of both languages, put together from their files: one for the recordings, one for the editor, one for all the rest.
import enBase from './en.json'
import enEditor from './en.editor.json'
import enRecordings from './en.recordings.json'
import enRooms from './en.rooms.json'
import viBase from './vi.json'
import viEditor from './vi.editor.json'
import viRecordings from './vi.recordings.json'
import viRooms from './vi.rooms.json'

export const en = { ...enBase, ...enEditor, ...enRecordings, ...enRooms }
export const vi = { ...viBase, ...viEditor, ...viRecordings, ...viRooms }
