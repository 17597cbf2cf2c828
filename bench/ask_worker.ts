/** Tells a Worker something and waits for its answer. @throws what the Worker did not catch */
export function askWorker<Reply>(worker: Worker, message: unknown): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  worker.onmessage = ({ data }: MessageEvent<Reply>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`A worker failed: ${event.message}`));
  };
  worker.postMessage(message);
  return promise;
}
