// The build of hls.js without subtitles, other audio and protection is the same to the compiler.
declare module 'hls.js/light' {
  import Hls from 'hls.js'
  export * from 'hls.js'
  export default Hls
}
