// The words of both languages, put together from their files: one for each room that has many, one for all the rest.
import enBase from './en.json'
import enAccount from './en.account.json'
import enAudit from './en.audit.json'
import enEditor from './en.editor.json'
import enMasks from './en.masks.json'
import enRecordings from './en.recordings.json'
import enRooms from './en.rooms.json'
import enUsers from './en.users.json'
import viBase from './vi.json'
import viAccount from './vi.account.json'
import viAudit from './vi.audit.json'
import viEditor from './vi.editor.json'
import viMasks from './vi.masks.json'
import viRecordings from './vi.recordings.json'
import viRooms from './vi.rooms.json'
import viUsers from './vi.users.json'

export const en = { ...enBase, ...enEditor, ...enMasks, ...enRecordings, ...enRooms, ...enUsers, ...enAccount, ...enAudit }
export const vi = { ...viBase, ...viEditor, ...viMasks, ...viRecordings, ...viRooms, ...viUsers, ...viAccount, ...viAudit }
